import dev.logweir.BatchSender
import dev.logweir.LogStreamer
import dev.logweir.SecretMasker
import java.time.Duration
import kotlin.system.exitProcess

fun main() {
    val arrived = mutableListOf<String>()
    val sender = BatchSender { lines -> arrived += lines }
    val report =
        LogStreamer.builder(sender).processor(SecretMasker.of(listOf("correct horse"))).start().use { log ->
            log.stdout().write("hello\nbattery: correct horse".toByteArray())
            log.finish(Duration.ofSeconds(10))
        }
    if (!report.isComplete || arrived != listOf("hello", "battery: **********")) {
        System.err.println("$report: $arrived")
        exitProcess(1)
    }
    println("consumer: ok")
}
