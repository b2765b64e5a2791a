/**
 * Which samples the groups of a simulated job used, as the world saw it and as the journal says.
 */
package dev.muster.simulator.data;
