/** Sections of drill and profile files, read key by key, with all that is wrong told at once. */
package dev.muster.simulator.hocon;
