package dev.logweir.opslevel;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.logweir.testkit.Json;
import graphql.ExecutionInput;
import graphql.ExecutionResult;
import graphql.GraphQL;
import graphql.schema.Coercing;
import graphql.schema.DataFetchingEnvironment;
import graphql.schema.GraphQLScalarType;
import graphql.schema.idl.RuntimeWiring;
import graphql.schema.idl.SchemaGenerator;
import graphql.schema.idl.SchemaParser;
import java.io.IOException;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * The API's two mutations as a schema, written from the description of the wire, behind a real
 * implementation of GraphQL: it validates the document, the names and the types of all that is
 * sent.
 */
final class GraphQlApi {
  static final String SCHEMA =
      """
      scalar ISO8601DateTime

      type Query {
        version: String
      }

      type Mutation {
        runnerAppendJobLog(input: RunnerAppendJobLogInput!): RunnerAppendJobLogPayload
        runnerReportJobOutcome(input: RunnerReportJobOutcomeInput!): RunnerReportJobOutcomePayload
      }

      input RunnerAppendJobLogInput {
        runnerId: ID!
        runnerJobId: ID!
        sentAt: ISO8601DateTime!
        logChunk: [String!]!
      }

      input RunnerReportJobOutcomeInput {
        runnerId: ID!
        runnerJobId: ID!
        outcome: RunnerJobOutcomeEnum!
        outcomeVariables: [RunnerJobOutcomeVariableInput!]
      }

      input RunnerJobOutcomeVariableInput {
        key: String!
        value: String!
      }

      enum RunnerJobOutcomeEnum {
        unstarted
        canceled
        failed
        success
        queue_timeout
        execution_timeout
        pod_timeout
      }

      type RunnerAppendJobLogPayload {
        errors: [Error!]!
      }

      type RunnerReportJobOutcomePayload {
        errors: [Error!]!
      }

      type Error {
        message: String!
        path: [String!]
      }
      """;

  private final GraphQL graphQl;

  /**
   * @param resolver takes a mutation's name and its input and returns the errors of the payload
   */
  GraphQlApi(BiFunction<String, Map<String, Object>, List<Map<String, Object>>> resolver) {
    RuntimeWiring wiring =
        RuntimeWiring.newRuntimeWiring()
            .scalar(
                GraphQLScalarType.newScalar().name("ISO8601DateTime").coercing(new Utc()).build())
            .type(
                "Mutation",
                type -> type.defaultDataFetcher(environment -> resolve(environment, resolver)))
            .build();
    graphQl =
        GraphQL.newGraphQL(
                new SchemaGenerator()
                    .makeExecutableSchema(new SchemaParser().parse(SCHEMA), wiring))
            .build();
  }

  /** Carries out the body of a request and returns that of the answer. */
  String execute(byte[] body) throws IOException {
    Map<?, ?> request = (Map<?, ?>) Json.parse(body);
    if (!request.keySet().equals(Set.of("query", "variables", "operationName"))) {
      throw new AssertionError("not a request of GraphQL over HTTP: " + request.keySet());
    }
    @SuppressWarnings("unchecked")
    Map<String, Object> variables = (Map<String, Object>) request.get("variables");
    ExecutionResult result =
        graphQl.execute(
            ExecutionInput.newExecutionInput()
                .query((String) request.get("query"))
                .operationName((String) request.get("operationName"))
                .variables(variables)
                .build());
    StringWriter text = new StringWriter();
    try (JsonGenerator out = new JsonFactory().createGenerator(text)) {
      write(out, result.toSpecification());
    }
    return text.toString();
  }

  private static void write(JsonGenerator out, Object value) throws IOException {
    if (value instanceof Map<?, ?> object) {
      out.writeStartObject();
      for (Map.Entry<?, ?> entry : object.entrySet()) {
        out.writeFieldName(String.valueOf(entry.getKey()));
        write(out, entry.getValue());
      }
      out.writeEndObject();
    } else if (value instanceof List<?> array) {
      out.writeStartArray();
      for (Object element : array) {
        write(out, element);
      }
      out.writeEndArray();
    } else if (value instanceof Number || value instanceof Boolean) {
      out.writeRawValue(String.valueOf(value));
    } else if (value == null) {
      out.writeNull();
    } else {
      out.writeString(String.valueOf(value));
    }
  }

  private static Map<String, Object> resolve(
      DataFetchingEnvironment environment,
      BiFunction<String, Map<String, Object>, List<Map<String, Object>>> resolver) {
    Map<String, Object> input = environment.getArgument("input");
    return Map.of("errors", resolver.apply(environment.getField().getName(), input));
  }

  /** An instant in UTC. */
  private static final class Utc implements Coercing<Instant, String> {
    @Override
    public Instant parseValue(
        Object input, graphql.GraphQLContext context, java.util.Locale locale) {
      String text = (String) input;
      if (!text.endsWith("Z")) {
        throw new graphql.schema.CoercingParseValueException("not in UTC: " + text);
      }
      try {
        return Instant.parse(text);
      } catch (java.time.format.DateTimeParseException e) {
        throw new graphql.schema.CoercingParseValueException("not ISO 8601: " + text, e);
      }
    }
  }
}
