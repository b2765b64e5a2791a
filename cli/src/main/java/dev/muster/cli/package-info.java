/** The {@code muster} command: one class per verb. */
package dev.muster.cli;
