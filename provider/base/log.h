/* log - hclog JSON lines on stderr, as Terraform reads them from a plugin.
 *
 * One line per event, written with one write(2), below 64 KiB; longer values
 * are cut. Levels and sub-systems follow TF_LOG / TF_LOG_PROVIDER: what the
 * host would drop is not even formatted. Secrets never get here: whoever logs
 * leaves them out (http masks headers and bodies). Thread-safe. */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include <stdbool.h>

enum log_level { LOG_TRACE, LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };

/* Reads TF_LOG_PROVIDER, else TF_LOG, once; unset means off. Called by main. */
void log_init(void);
bool log_enabled(enum log_level level);

/* system is "http", "kube", "rpc" ...: becomes @module "provider.<system>". The
 * variable part is key, value pairs of const char *, ended by NULL. A NULL
 * value is shown as "". */
void log_event(enum log_level level, const char *system, const char *message, ...)
    __attribute__((sentinel));

#endif
