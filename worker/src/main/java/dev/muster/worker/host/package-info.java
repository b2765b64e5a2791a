/**
 * The agent's shell: performs what {@link dev.muster.worker.agent.Agent} asks for and tells it what
 * happened.
 */
package dev.muster.worker.host;
