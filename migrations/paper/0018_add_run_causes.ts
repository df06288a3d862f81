import { addRunCauses } from "@evaluator/runtime/RuntimeTables"

export default addRunCauses
