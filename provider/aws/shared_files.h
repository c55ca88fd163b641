/* shared_files - the files that AWS's tools share: ~/.aws/config and ~/.aws/credentials.
 *
 * Read anew whenever credentials are looked for, so that a login in another window
 * counts. Sections of both files are joined; of one key in both, the credentials file
 * wins. Limits: FILE_BYTES_MAX. What is malformed is a diagnostic with file and line.
 * Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files". */
#ifndef AWS_SHARED_FILES_H
#define AWS_SHARED_FILES_H
#include "schema/call.h"

enum { SHARED_FILE_BYTES_MAX = 4 << 20 };

/* Maps by name: profiles {name: {key: text, or a map of indented lines}}, sso_sessions,
 * services. Keys in lower case. */
struct shared_files {
    const struct value *profiles, *sso_sessions, *services;
    const char *config_path, *credentials_path; /* for messages */
};

/* One file's text; `credentials` = sections are profiles' bare names. For tests and
 * fuzzers too. */
bool shared_file_parse(struct arena *a, struct diags *diags, struct text file, const char *path,
                       bool credentials, struct shared_files *into);
/* Both files, where AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE or HOME say they
 * are. Files that do not exist are empty. */
bool shared_files_read(struct call *c, struct shared_files *out);
/* The profile's map; NULL when there is none of that name. */
const struct value *shared_files_profile(const struct shared_files *files, const char *name);
/* `name`, or AWS_PROFILE, AWS_DEFAULT_PROFILE, "default". */
const char *shared_files_profile_name(const char *name);

#endif
