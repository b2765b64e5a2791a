/**
 * Starts, observes and ends the processes of a run: one master, its agents. All else goes through
 * the run folder.
 */
package dev.muster.cli.process;
