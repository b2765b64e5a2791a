package dev.muster.collectives.hosts;

import dev.muster.collectives.Arguments;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.LanedCommunicator;
import java.nio.channels.SocketChannel;

/**
 * Groups whose ranks live on several hosts. Inside a host they are a group of {@code local};
 * between hosts ranks have streams to each other, and the leaders, the lowest rank of each host,
 * agree. A group on one host is just a local one.
 *
 * <p>Results have the bits of a reduction in the order of {@link Placement}: host by host, and rank
 * by rank in each. That is the rank order, and the bits of one host, wherever each host holds
 * neighbouring ranks. Same bits on every rank, and on every run with the same placement.
 *
 * <p>Any thread. A monitor sees and ends the part of its own host.
 */
public final class HostGroups implements Groups {
  private static final int WORLD_SIZE_MAX = 1_024;

  private final Groups local;
  private final Groups parts; // of groups that span hosts
  private final String host;
  private final Endpoint endpoint;
  private final Placement.Source placements;
  private final Limits limits;
  private final Crossovers crossovers;

  /**
   * @param local groups of this host
   * @param host this one's name in the placements
   * @param endpoint where this process listens; the caller closes it after its groups. Its address
   *     is that of the host if the lowest rank of the host joins here
   */
  public HostGroups(
      Groups local, String host, Endpoint endpoint, Placement.Source placements, Limits limits) {
    this(local, host, endpoint, placements, limits, Crossovers.DEFAULT);
  }

  /** With ways other than those that measured best. */
  public HostGroups(
      Groups local,
      String host,
      Endpoint endpoint,
      Placement.Source placements,
      Limits limits,
      Crossovers crossovers) {
    this.crossovers = crossovers;
    this.local = local;
    this.parts = local.unrecorded();
    this.host = host;
    this.endpoint = endpoint;
    this.placements = placements;
    this.limits = limits;
  }

  /** To look at groups and end them, not to join: {@link #join} fails where a group spans hosts. */
  public HostGroups(Groups local, String host, Placement.Source placements, Limits limits) {
    this(local, host, null, placements, limits);
  }

  private Placement placement(Spec spec) {
    var placement = placements.of(spec);
    if (placement.worldSize() != spec.worldSize()) {
      throw new IllegalArgumentException(
          "placement and group differ: worldSize="
              + spec.worldSize()
              + " placedRanks="
              + placement.worldSize());
    }
    return placement;
  }

  private Words.Specs specs(Spec spec, Placement placement) {
    return Words.Specs.of(spec, placement.host(host).ranks().size());
  }

  @Override
  public Communicator join(Spec spec, int rank) {
    Arguments.spec(spec, rank, WORLD_SIZE_MAX);
    var placement = placement(spec);
    if (!placement.host(host).ranks().contains(rank)) {
      throw new IllegalArgumentException(
          "rank is on another host: rank=" + rank + " host=" + host + " placement=" + placement);
    }
    if (placement.hosts().size() == 1) {
      return local.join(spec, rank);
    }
    if (endpoint == null) {
      throw new IllegalStateException(
          "this process accepts no ranks of other hosts: group=%s generation=%d rank=%d hosts=%d"
              .formatted(spec.group(), spec.generation(), rank, placement.hosts().size()));
    }
    var specs = specs(spec, placement);
    var place = new Place(placement, rank);
    var data = parts.join(specs.data(), place.local());
    return new LanedCommunicator(new Joining(spec, specs, place, data).run());
  }

  /** From the group of data on: whoever fails from here ends the group for all. */
  private final class Joining {
    private final Spec spec;
    private final Words.Specs specs;
    private final Place place;
    private final Communicator data;
    private final Words words;
    private Communicator votes;
    private Communicator outcome;
    private Links links;
    private Council council;

    private Joining(Spec spec, Words.Specs specs, Place place, Communicator data) {
      this.spec = spec;
      this.specs = specs;
      this.place = place;
      this.data = data;
      this.words = new Words(local, specs);
    }

    private Communicator run() {
      try {
        var communicator = open();
        communicator.meetAll(new Addresses(place, endpoint.address()), limits);
        return communicator;
      } catch (RuntimeException | Error e) {
        String reason = end(e);
        close();
        if (e instanceof GroupRevokedException) {
          throw new GroupRevokedException(spec.group(), spec.generation(), reason);
        }
        throw e;
      }
    }

    /** Nobody can have voted. */
    private String end(Throwable e) {
      words.closeVotes("rank could not join: rank=" + place.rank() + " error=" + e.getMessage());
      return words.reason();
    }

    private HostCommunicator open() {
      votes = parts.join(specs.votes(), place.local());
      links = new Links(spec, place, endpoint, this::requireAlive);
      if (place.leads()) {
        outcome = parts.join(specs.outcome(), 0);
        var flights = new HostFlights(spec, place);
        council = new Council(place, words, limits, flights, channels(), spec.startStep());
        council.start();
      }
      var handles = new HostCommunicator.Handles(data, votes, outcome);
      return new HostCommunicator(spec, place, handles, words, links, council, crossovers);
    }

    private SocketChannel[] channels() {
      var channels = new SocketChannel[place.hosts()];
      try {
        for (int other = 0; other < channels.length; other++) {
          if (other != place.host()) {
            channels[other] = links.open(place.leader(other), Hello.Kind.COUNCIL);
          }
        }
        return channels;
      } catch (RuntimeException e) {
        for (var channel : channels) {
          Endpoint.closeQuietly(channel);
        }
        throw e;
      }
    }

    private void requireAlive() {
      if (words.revoked()) {
        throw new GroupRevokedException(spec.group(), spec.generation(), words.reason());
      }
    }

    private void close() {
      if (council != null) {
        council.close();
      }
      Endpoint.closeQuietly(links);
      Endpoint.closeQuietly(votes);
      Endpoint.closeQuietly(data);
      Endpoint.closeQuietly(outcome);
      words.close();
      endpoint.forget(spec.group(), spec.generation(), place.rank());
    }
  }

  /** {@link HostMonitor} where the group spans hosts. */
  @Override
  public GroupMonitor monitor(Spec spec) {
    Arguments.spec(spec, 0, WORLD_SIZE_MAX);
    var placement = placement(spec);
    if (placement.hosts().size() == 1) {
      return local.monitor(spec);
    }
    var words = new Words(local, specs(spec, placement));
    return new HostMonitor(words, placement.host(host), spec, limits);
  }

  /** On this host; what other hosts know of them ends there, by their own owners or by silence. */
  @Override
  public void revokeOlder(Spec spec, String reason) {
    var specs = Words.Specs.of(spec, 1);
    local.revokeOlder(specs.data(), reason);
    local.revokeOlder(specs.votes(), reason);
    local.revokeOlder(specs.outcome(), reason);
  }

  @Override
  public void remove(Spec spec) {
    var placement = placement(spec);
    if (placement.hosts().size() == 1) {
      local.remove(spec);
      return;
    }
    var specs = specs(spec, placement);
    local.remove(spec); // data, and the flight recorders of all ranks
    local.remove(specs.votes());
    local.remove(specs.outcome());
  }
}
