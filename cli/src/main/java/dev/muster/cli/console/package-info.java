/**
 * What a person sees: pure functions from the files of a run to lines, and the terminal they go to.
 */
package dev.muster.cli.console;
