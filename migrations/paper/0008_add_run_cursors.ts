import { addRunCursors } from "@evaluator/runtime/RuntimeTables"

export default addRunCursors
