import { createLogReaders } from "@evaluator/runtime/LogReaders"

export default createLogReaders
