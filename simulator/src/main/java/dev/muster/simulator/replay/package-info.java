/** The journal of a real run, decided again by the cores of this build. */
package dev.muster.simulator.replay;
