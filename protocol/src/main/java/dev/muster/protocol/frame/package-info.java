/** Frames with their length before them, as both links of an agent carry them. */
package dev.muster.protocol.frame;
