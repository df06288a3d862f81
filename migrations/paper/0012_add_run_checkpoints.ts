import { addRunCheckpoints } from "@evaluator/runtime/RuntimeTables"

export default addRunCheckpoints
