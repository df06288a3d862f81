import { createQueuePauses } from "@evaluator/runtime/QueuePauses"

export default createQueuePauses
