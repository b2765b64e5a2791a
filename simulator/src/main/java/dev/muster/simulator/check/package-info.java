/** What must hold whatever a drill does: first nothing unsafe happens, then training goes on. */
package dev.muster.simulator.check;
