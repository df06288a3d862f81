/** The columns that `state_hash` leaves out; the program keeps the list, tests read it here. */
export { volatileColumns } from "@evaluator/app/StateHash"
