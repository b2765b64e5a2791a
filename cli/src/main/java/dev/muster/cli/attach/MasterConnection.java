package dev.muster.cli.attach;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import dev.muster.master.jmx.JobMXBean;
import dev.muster.master.jmx.MasterMXBean;
import dev.muster.master.jmx.OperationResult;
import java.io.IOException;
import java.lang.reflect.UndeclaredThrowableException;
import java.util.Optional;
import javax.management.JMX;
import javax.management.MBeanServerConnection;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** A connection to the beans of one master on this host. One thread. */
public final class MasterConnection implements AutoCloseable {
  private final JMXConnector connector;
  private final MBeanServerConnection server;

  private MasterConnection(JMXConnector connector) throws IOException {
    this.connector = connector;
    this.server = connector.getMBeanServerConnection();
  }

  /**
   * @throws IOException no such process, another user's, or not a JVM
   */
  public static MasterConnection attach(long pid) throws IOException {
    try {
      var machine = VirtualMachine.attach(Long.toString(pid));
      try {
        return new MasterConnection(
            JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent())));
      } finally {
        machine.detach();
      }
    } catch (AttachNotSupportedException e) {
      throw new IOException(
          "cannot attach to the master: pid=" + pid + " cause=" + e.getMessage(), e);
    }
  }

  /**
   * @throws IOException the master is gone or has published nothing yet
   */
  public Status status() throws IOException {
    var master = JMX.newMXBeanProxy(server, name("type=Master"), MasterMXBean.class);
    var job = jobName().map(name -> JMX.newMXBeanProxy(server, name, JobMXBean.class));
    try {
      return Status.read(master, job.orElse(null));
    } catch (UndeclaredThrowableException gone) {
      throw new IOException("the master does not answer: " + gone.getCause(), gone);
    }
  }

  /**
   * Asks the job to stop at a step boundary, whatever its generation is by then.
   *
   * @return what the master says
   */
  public String stop() throws IOException {
    var name = jobName().orElseThrow(() -> new IOException("the master has no job yet"));
    var job = JMX.newMXBeanProxy(server, name, JobMXBean.class);
    var quoted = name.getKeyProperty("job");
    var confirm = quoted.startsWith("\"") ? ObjectName.unquote(quoted) : quoted;
    var answer = job.stop(confirm, job.getGeneration());
    return (answer.accepted() ? answer : job.stop(confirm, job.getGeneration())).message();
  }

  /**
   * Asks for a checkpoint on storage now.
   *
   * @throws IOException the master is gone, or has no job yet
   */
  public OperationResult checkpoint() throws IOException {
    var name = jobName().orElseThrow(() -> new IOException("the master has no job yet"));
    try {
      return JMX.newMXBeanProxy(server, name, JobMXBean.class).checkpointNow();
    } catch (UndeclaredThrowableException gone) {
      throw new IOException("the master does not answer: " + gone.getCause(), gone);
    }
  }

  private Optional<ObjectName> jobName() throws IOException {
    return server.queryNames(name("type=Job,*"), null).stream().findFirst();
  }

  private static ObjectName name(String keys) throws IOException {
    try {
      return new ObjectName("dev.muster:" + keys);
    } catch (MalformedObjectNameException e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    connector.close();
  }
}
