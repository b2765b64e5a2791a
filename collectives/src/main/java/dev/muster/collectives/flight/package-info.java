/**
 * What ranks have called, as their flight recorders tell it, and who is to blame when they hang.
 */
package dev.muster.collectives.flight;
