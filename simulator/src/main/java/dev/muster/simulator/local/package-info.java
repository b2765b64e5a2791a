/**
 * A drill on real processes of one machine beside the same drill in virtual time: which of its
 * faults this place can do, what things cost here, what was predicted and what was measured.
 */
package dev.muster.simulator.local;
