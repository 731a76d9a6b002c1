// The official Java client at work on our server: each line that it prints is one step and what came of it. Connection string is its argument.
import com.eventstore.dbclient.*;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

public final class CounterClient {
  private static final String STREAM = "counter-java";
  private static final String LIVE = "handover-java";
  private static final int BEFORE = 500;
  private static final int MEANWHILE = 100;
  private static final int WAIT_SECONDS = 60;
  private static int next = 0;

  public static void main(String[] arguments) throws Exception {
    EventStoreDBClient client = EventStoreDBClient.create(EventStoreDBConnectionString.parseOrThrow(arguments[0]));
    try {
      tell("append of two, expecting no stream", append(client, STREAM, ExpectedRevision.noStream(), 2));
      tell("append, expecting no stream", append(client, STREAM, ExpectedRevision.noStream(), 1));
      tell("append, expecting revision 1", append(client, STREAM, ExpectedRevision.expectedRevision(1), 1));
      tell("append, expecting revision 7", append(client, STREAM, ExpectedRevision.expectedRevision(7), 1));
      tell("append, expecting a stream", append(client, STREAM, ExpectedRevision.streamExists(), 1));
      tell("append, expecting anything", append(client, STREAM, ExpectedRevision.any(), 1));
      tell("append to no stream, expecting a stream", append(client, "other-java", ExpectedRevision.streamExists(), 1));
      tell("read forwards", read(client, ReadStreamOptions.get().forwards().fromStart()));
      tell("read backwards", read(client, ReadStreamOptions.get().backwards().fromEnd()));
      tell("read two backwards from 2", read(client, ReadStreamOptions.get().backwards().fromRevision(2).maxCount(2)));
      tell("payloads", payloads(client));
      tell("all forwards", readAll(client, ReadAllOptions.get().forwards().fromStart()));
      tell("all backwards", readAll(client, ReadAllOptions.get().backwards().fromEnd()));
      tell("subscription", subscribe(client));
      tell("persistent subscription", persistent(arguments[0]));
      StreamMetadata metadata = new StreamMetadata();
      metadata.setMaxCount(2L);
      client.setStreamMetadata(STREAM, metadata).get();
      tell("largest count", String.valueOf(client.getStreamMetadata(STREAM).get().getMaxCount()));
      tell("read with a largest count", read(client, ReadStreamOptions.get().forwards().fromStart()));
      client.deleteStream(STREAM, DeleteStreamOptions.get().expectedRevision(ExpectedRevision.expectedRevision(4))).get();
      tell("read after the delete", read(client, ReadStreamOptions.get().forwards().fromStart()));
      tell("append after the delete, expecting no stream", append(client, STREAM, ExpectedRevision.noStream(), 1));
      tell("read again", read(client, ReadStreamOptions.get().forwards().fromStart()));
    } finally {
      client.shutdown().get();
    }
  }

  private static void tell(String step, String outcome) {
    System.out.println(step + ": " + outcome);
  }

  private static String append(EventStoreDBClient client, String stream, ExpectedRevision expected, int count) throws Exception {
    List<EventData> events = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      byte[] data = ("{\"n\":" + next++ + "}").getBytes(StandardCharsets.UTF_8);
      events.add(EventData.builderAsJson(UUID.randomUUID(), "Counted", data).build());
    }
    AppendToStreamOptions options = AppendToStreamOptions.get().expectedRevision(expected);
    return outcome(() -> "at " + client.appendToStream(stream, options, events.iterator()).get().getNextExpectedRevision().toRawLong());
  }

  private static String read(EventStoreDBClient client, ReadStreamOptions options) throws Exception {
    return outcome(() -> revisions(client.readStream(STREAM, options).get()));
  }

  private static String readAll(EventStoreDBClient client, ReadAllOptions options) throws Exception {
    return outcome(() -> revisions(client.readAll(options.maxCount(1_000)).get()));
  }

  private static String revisions(ReadResult result) {
    return result.getEvents().stream()
        .map(ResolvedEvent::getEvent)
        .filter(event -> event.getStreamId().equals(STREAM))
        .map(event -> String.valueOf(event.getRevision()))
        .collect(Collectors.joining(" "));
  }

  private static String payloads(EventStoreDBClient client) throws Exception {
    return client.readStream(STREAM, ReadStreamOptions.get().forwards().fromStart()).get().getEvents().stream()
        .map(resolved -> new String(resolved.getEvent().getEventData(), StandardCharsets.UTF_8))
        .collect(Collectors.joining(" "));
  }

  /** From the first event on, while another thread appends: what is there, what comes meanwhile, what comes live. */
  private static String subscribe(EventStoreDBClient client) throws Exception {
    append(client, LIVE, ExpectedRevision.noStream(), BEFORE);
    List<Long> delivered = new ArrayList<>();
    CountDownLatch caughtUp = new CountDownLatch(1);
    CountDownLatch all = new CountDownLatch(BEFORE + MEANWHILE);
    SubscriptionListener listener =
        new SubscriptionListener() {
          @Override
          public void onEvent(Subscription subscription, ResolvedEvent resolved) {
            delivered.add(resolved.getEvent().getRevision());
            all.countDown();
          }

          @Override
          public void onCaughtUp(Subscription subscription) {
            caughtUp.countDown();
          }
        };
    SubscriptionFilter filter = SubscriptionFilter.newBuilder().addStreamNamePrefix(LIVE).build();
    Subscription subscription = client.subscribeToAll(listener, SubscribeToAllOptions.get().fromStart().filter(filter)).get();
    for (int count = 0; count < MEANWHILE; count++) {
      append(client, LIVE, ExpectedRevision.any(), 1);
      // Of these it is told nothing.
      append(client, "other-java", ExpectedRevision.any(), 1);
    }
    boolean isComplete = all.await(WAIT_SECONDS, TimeUnit.SECONDS) && caughtUp.await(WAIT_SECONDS, TimeUnit.SECONDS);
    subscription.stop();
    for (int index = 0; index < delivered.size(); index++) if (delivered.get(index) != index) return "out of order at " + index;
    return isComplete ? delivered.size() + " in order, caught up" : "only " + delivered.size();
  }

  /** A group of one consumer on the stream: the third event is parked, all others are acknowledged; then what is parked is replayed. */
  private static String persistent(String connectionString) throws Exception {
    EventStoreDBPersistentSubscriptionsClient client =
        EventStoreDBPersistentSubscriptionsClient.create(EventStoreDBConnectionString.parseOrThrow(connectionString));
    try {
      client.createToStream(STREAM, "java", CreatePersistentSubscriptionToStreamOptions.get().fromStart()).get();
      List<String> delivered = Collections.synchronizedList(new ArrayList<>());
      CountDownLatch all = new CountDownLatch(5);
      CountDownLatch replayed = new CountDownLatch(6);
      PersistentSubscriptionListener listener =
          new PersistentSubscriptionListener() {
            @Override
            public void onEvent(PersistentSubscription subscription, int retries, ResolvedEvent resolved) {
              delivered.add(String.valueOf(resolved.getEvent().getRevision()));
              if (delivered.size() == 3) subscription.nack(NackAction.Park, "the third", resolved);
              else subscription.ack(resolved);
              all.countDown();
              replayed.countDown();
            }
          };
      PersistentSubscription subscription = client.subscribeToStream(STREAM, "java", listener).get();
      all.await(WAIT_SECONDS, TimeUnit.SECONDS);
      // It is parked a moment after it was answered.
      for (int look = 0; look < WAIT_SECONDS * 5 && !replayed.await(200, TimeUnit.MILLISECONDS); look++) {
        client.replayParkedMessagesToStream(STREAM, "java").get();
      }
      subscription.stop();
      client.deleteToStream(STREAM, "java").get();
      return String.join(" ", delivered);
    } finally {
      client.shutdown().get();
    }
  }

  private static String outcome(Callable<String> work) throws Exception {
    try {
      return work.call();
    } catch (ExecutionException failure) {
      if (failure.getCause() instanceof WrongExpectedVersionException) {
        long actual = ((WrongExpectedVersionException) failure.getCause()).getActualVersion().toRawLong();
        return "wrong, it is at " + actual;
      }
      if (failure.getCause() instanceof StreamNotFoundException) return "not found";
      throw failure;
    }
  }
}
