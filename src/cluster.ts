export * as ClusterAgents from "./cluster/AgentEntity.ts"
export * as HandOut from "./cluster/HandOut.ts"
export * as Runner from "./cluster/Runner.ts"
