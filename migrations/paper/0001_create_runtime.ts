import { createRuntimeTables } from "@evaluator/runtime/RuntimeTables"

export default createRuntimeTables
