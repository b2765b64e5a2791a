/**
 * Runs that are measured from outside: real processes, real kills; all figures come from the run's
 * own result.
 */
package dev.muster.cli.bench;
