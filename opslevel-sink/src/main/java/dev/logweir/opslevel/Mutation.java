package dev.logweir.opslevel;

/**
 * The two calls of OpsLevel's GraphQL API that a runner makes, as the original client words them.
 */
enum Mutation {
  APPEND_JOB_LOG("RunnerAppendJobLog", "runnerAppendJobLog"),
  REPORT_JOB_OUTCOME("RunnerReportJobOutcome", "runnerReportJobOutcome");

  private final String operation;
  private final String field;

  Mutation(String operation, String field) {
    this.operation = operation;
    this.field = field;
  }

  String operation() {
    return operation;
  }

  /** Returns the name of the answer's payload. */
  String field() {
    return field;
  }

  String query() {
    return "mutation "
        + operation
        + "($input:"
        + operation
        + "Input!){"
        + field
        + "(input: $input){errors{message,path}}}";
  }
}
