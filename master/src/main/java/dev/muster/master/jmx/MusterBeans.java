package dev.muster.master.jmx;

import dev.muster.protocol.run.Event;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * The beans of one master. {@link #publish} and {@link #event} replace what readers see and return
 * at once; any thread may call them. A bean appears with its first snapshot and goes with {@link
 * #close}, a worker's when it is in no snapshot any more.
 */
public final class MusterBeans implements AutoCloseable {
  public static final String DOMAIN = "dev.muster";

  private final MBeanServer server;
  private final JobOperations operations;
  private final EventRing events = new EventRing();
  private final Set<ObjectName> registered = new HashSet<>();
  private final Map<String, PublishedJob> jobs = new TreeMap<>();
  private final Map<ObjectName, PublishedWorker> workers = new TreeMap<>();
  private PublishedMaster master;

  public MusterBeans(MBeanServer server, Operator operator) {
    this.server = server;
    this.operations = new JobOperations(operator);
    register(name("type=Events"), events, EventsMXBean.class);
  }

  public synchronized void publish(MasterSnapshot snapshot) {
    if (master != null) {
      master.publish(snapshot);
      return;
    }
    master = new PublishedMaster(snapshot);
    register(name("type=Master"), master, MasterMXBean.class);
  }

  public synchronized void publish(JobSnapshot snapshot) {
    var job = jobs.get(snapshot.job());
    if (job == null) {
      job = new PublishedJob(snapshot, operations);
      jobs.put(snapshot.job(), job);
      register(name("type=Job,job=" + value(snapshot.job())), job, JobMXBean.class);
    } else {
      job.publish(snapshot);
    }
    publishWorkers(snapshot);
  }

  /** Appends to the ring of recent events. */
  public void event(Event event) {
    events.add(event);
  }

  private void publishWorkers(JobSnapshot snapshot) {
    var live = new HashSet<ObjectName>();
    for (var worker : snapshot.workers()) {
      var name = name("type=Worker,node=" + value(worker.node()) + ",number=" + worker.number());
      live.add(name);
      var bean = workers.get(name);
      if (bean == null) {
        bean = new PublishedWorker(worker);
        workers.put(name, bean);
        register(name, bean, WorkerMXBean.class);
      } else {
        bean.publish(worker);
      }
    }
    for (var name : Set.copyOf(workers.keySet())) {
      if (!live.contains(name)) {
        workers.remove(name);
        unregister(name);
      }
    }
  }

  @Override
  public synchronized void close() {
    Set.copyOf(registered).forEach(this::unregister);
    workers.clear();
    jobs.clear();
    master = null;
  }

  private <T> void register(ObjectName name, T bean, Class<T> type) {
    try {
      server.registerMBean(new DescribedBean(bean, type), name);
      registered.add(name);
    } catch (InstanceAlreadyExistsException taken) {
      throw new IllegalStateException(
          "MBean exists: name=" + name + "; one master per MBeanServer: close the other one first",
          taken);
    } catch (JMException e) {
      throw new IllegalStateException("cannot register MBean: name=" + name, e);
    }
  }

  private void unregister(ObjectName name) {
    registered.remove(name);
    try {
      server.unregisterMBean(name);
    } catch (InstanceNotFoundException gone) {
      // somebody's console removed it; that is what we wanted
    } catch (JMException e) {
      throw new IllegalStateException("cannot unregister MBean: name=" + name, e);
    }
  }

  private static ObjectName name(String keys) {
    try {
      return new ObjectName(DOMAIN + ":" + keys);
    } catch (JMException e) {
      throw new IllegalArgumentException("bad MBean name: keys=" + keys, e);
    }
  }

  /** Quoted when it holds what a name may not. */
  private static String value(String text) {
    return text.matches("[^:,=*?\"\\s]+") ? text : ObjectName.quote(text);
  }
}
