/** Makes the plan of a failing run as small as it can be and still fail. */
package dev.muster.simulator.shrink;
