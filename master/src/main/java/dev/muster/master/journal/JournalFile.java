package dev.muster.master.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The H2 file in a run's {@code journal/} folder. Every commit reaches the operating system before
 * it is acknowledged ({@code WRITE_DELAY=0}), so it survives the death of this process, not that of
 * the machine. One process at a time: H2 locks the file, and the lock dies with its owner.
 *
 * @param folder absolute; created when missing
 */
public record JournalFile(Path folder) {
  /**
   * Columns as pekko-persistence-jdbc's default journal expects them; tags and snapshots are not
   * used.
   */
  private static final String TABLE =
      """
      CREATE TABLE IF NOT EXISTS "event_journal" (
        "ordering" BIGINT UNIQUE NOT NULL AUTO_INCREMENT,
        "deleted" BOOLEAN DEFAULT FALSE NOT NULL,
        "persistence_id" VARCHAR(255) NOT NULL,
        "sequence_number" BIGINT NOT NULL,
        "writer" VARCHAR NOT NULL,
        "write_timestamp" BIGINT NOT NULL,
        "adapter_manifest" VARCHAR NOT NULL,
        "event_payload" BLOB NOT NULL,
        "event_ser_id" INTEGER NOT NULL,
        "event_ser_manifest" VARCHAR NOT NULL,
        "meta_payload" BLOB,
        "meta_ser_id" INTEGER,
        "meta_ser_manifest" VARCHAR,
        PRIMARY KEY ("persistence_id", "sequence_number"))
      """;

  private static final String ENTRIES =
      "SELECT \"event_payload\" FROM \"event_journal\" ORDER BY \"sequence_number\"";

  private static final String READ_ONLY = ";ACCESS_MODE_DATA=r;IFEXISTS=TRUE";

  /**
   * Opens the file, creates the table at the first start, and hands back the open connection: while
   * one is open H2 keeps the file open, so that the journal's own connections cost nothing.
   *
   * @throws SQLException definite: nothing was written; the file is in use by another master, or
   *     damaged
   */
  public Connection open() throws SQLException {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new SQLException("cannot create the journal folder: path=" + folder, e);
    }
    Connection connection = DriverManager.getConnection(url(), "", "");
    try (var statement = connection.createStatement()) {
      statement.execute(TABLE);
    }
    return connection;
  }

  /**
   * Every entry, oldest first, as {@link EntryCodec} wrote it; changes nothing.
   *
   * @throws SQLException there is no such file, a master has it open, or it is damaged
   */
  public List<byte[]> read() throws SQLException {
    try (var connection = DriverManager.getConnection(url() + READ_ONLY, "", "");
        var statement = connection.createStatement();
        var rows = statement.executeQuery(ENTRIES)) {
      var entries = new ArrayList<byte[]>();
      while (rows.next()) {
        entries.add(rows.getBytes(1));
      }
      return entries;
    }
  }

  /** Settings that point Pekko Persistence at this file. */
  public Config config() {
    return ConfigFactory.parseMap(Map.of("jdbc-journal.slick.db.url", url()));
  }

  private String url() {
    String path = folder.resolve("master").toAbsolutePath().toString().replace(";", "\\;");
    return "jdbc:h2:file:" + path + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0";
  }
}
