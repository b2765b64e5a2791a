/**
 * Faults as data: what a line of a drill asks for ({@code FaultSpec}), and the explicit plan that
 * it expands to with a seed ({@code Plan}).
 */
package dev.muster.simulator.fault;
