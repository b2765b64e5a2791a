/**
 * Launching, following and ending operating-system processes, and the warden that ends them when
 * the agent cannot. Linux; knows no actors and no master.
 */
package dev.muster.worker.process;
