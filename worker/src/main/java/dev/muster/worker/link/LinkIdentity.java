package dev.muster.worker.link;

import dev.muster.protocol.RunId;
import dev.muster.protocol.wire.Secret;

/** What both ends of an agent link must share; each proves it to the other before any message. */
public record LinkIdentity(RunId run, Secret secret) {}
