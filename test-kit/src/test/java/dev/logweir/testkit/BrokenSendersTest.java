package dev.logweir.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Senders with one flaw each: the contract must find it, and say what it is. */
@Timeout(60)
class BrokenSendersTest {
  private static final Duration LIMIT = Duration.ofMillis(1_500);
  private static FrameSender.Flaw broken = FrameSender.Flaw.NONE;

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "RETURNS_BEFORE_THE_ANSWER | send_returnsOnlyWhenTheServerHasAnswered | before the server answered",
        "LOSES_EMPTY_LINES | send_ofEmptyLinesAmongOthers_delivers | to contain exactly",
        "SWAPS_LINES | send_ofManyLines_keepsTheirOrder | to contain exactly",
        "DECODES_LINES | log_ofAnyBytes_arrives | lines of any bytes that arrived",
        "IGNORES_INTERRUPTS | interrupt_whileItWaitsForTheAnswer_endsTheCall | after its interrupt",
        "IGNORES_INTERRUPTS | interrupt_betweenTries_endsTheCall | after its interrupt",
        "IGNORES_INTERRUPTS | interrupt_whileCallsOfItsClientFindNoServer_endsThem | after its interrupt",
        "HEEDS_INTERRUPTS_LATE | interrupt_whileItWaitsForTheAnswer_endsTheCall | each of 3 times",
        "WAITS_DEAF_FOR_ITS_TURN | interrupt_behindAnotherCallOfItsClient_endsTheCall | after its interrupt",
        "TAKES_AN_EARLY_ANSWER | server_thatSaysYesBeforeItReads_isAFailure | must fail",
        "TAKES_AN_OLD_ANSWER | server_thatSaysYesBetweenTwoCalls_isNotTakenForAnAnswer | did not accept",
        "TAKES_AN_INTERIM_ANSWER | server_thatSaysThatItsAnswerIsStillToCome_isWaitedFor | still to come",
        "KEEPS_BATCHES | maxRetainedBytes_isNotExceeded | heap held by 16 calls",
        "LEAVES_A_THREAD | close_leavesNothingOpen | threads left",
        "LEAVES_ITS_CONNECTION | close_leavesNothingOpen | connections open",
        "TELLS_ITS_TOKEN | texts_haveNoSecretInThem | texts of the sender",
        "NEVER_SAYS_WRITTEN | written_isToldWhereAllWasWrittenAndNobodyAnswers | may have the lines",
        "ALWAYS_SAYS_WRITTEN | written_isNotToldWhereNobodyConnected | can't have the lines",
        "ALWAYS_SAYS_WRITTEN | server_thatLetsNoConnectionIn_isAFailure | can't have the lines",
        "SAYS_DELIVERED_WITHOUT_AN_ANSWER | server_thatClosesInsteadOfAnswering_isAFailure | did not accept",
        "STATES_TOO_LITTLE | encodedBytes_isNoLessThanWhatGoesOverTheWire | bytes over the wire",
        "READS_THE_BATCH_LATER | batch_isNotReadAfterTheCall | read after its call",
        "TAKES_ANY_ANSWER | server_thatAnswersGarbage_isAFailure | must fail",
        "LOCKS_ITS_SIZE | encodedBytes_doesNotFallAndIsAnsweredWhileACallRuns | waits for the call",
        "TRIES_ONCE | send_afterTheServerClosedTheConnection_delivers | costs a batch"
      })
  void contract_findsTheFlaw(FrameSender.Flaw flaw, String test, String words) {
    findsTheFlaw(Broken.class, flaw, test, words);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "IGNORES_INTERRUPTS | interrupt_withinTheTlsHandshake_endsTheCall | after its interrupt",
        "IGNORES_INTERRUPTS | interrupt_whileItWaitsForTheAnswer_endsTheCall | after its interrupt",
        "SAYS_DELIVERED_WITHOUT_AN_ANSWER | server_thatClosesInsteadOfAnswering_isAFailure | did not accept",
        "KEEPS_BATCHES | maxRetainedBytes_isNotExceeded | heap held by 16 calls"
      })
  void contractOverTls_findsTheFlaw(FrameSender.Flaw flaw, String test, String words) {
    findsTheFlaw(BrokenOverTls.class, flaw, test, words);
  }

  private static void findsTheFlaw(
      Class<?> contract, FrameSender.Flaw flaw, String test, String words) {
    broken = flaw;
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectMethod(contract, test))
                .build(),
            listener);
    TestExecutionSummary summary = listener.getSummary();

    assertThat(summary.getTestsStartedCount()).isEqualTo(1);
    assertThat(summary.getFailures()).hasSize(1);
    Throwable failure = summary.getFailures().get(0).getException();
    assertThat(failure).isInstanceOf(AssertionError.class).hasMessageContaining(words);
  }

  /** The contract of the sender with the flaw; no test by itself. */
  static class Broken extends FrameSenderTest {
    @Override
    FrameSender.Flaw flaw() {
      return broken;
    }

    @Override
    protected Duration limit() {
      return LIMIT;
    }
  }

  /** The same over TLS. */
  static class BrokenOverTls extends FrameSenderTlsTest {
    @Override
    FrameSender.Flaw flaw() {
      return broken;
    }

    @Override
    protected Duration limit() {
      return LIMIT;
    }
  }
}
