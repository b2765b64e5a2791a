/**
 * The node agent's core: one host's workers, its lease and its part of a group. Pure; what it asks
 * for is in {@link dev.muster.worker.agent.AgentAction}, what it hears in {@link
 * dev.muster.worker.agent.AgentEvent}.
 */
package dev.muster.worker.agent;
