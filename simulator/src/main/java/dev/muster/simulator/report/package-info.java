/** What a drill leaves behind for people and programs: a verdict, a page, an account, a replay. */
package dev.muster.simulator.report;
