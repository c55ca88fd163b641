/* faults - requests that go wrong on purpose, and the record of all of them. */
#ifndef SANDBOX_FAULTS_H
#define SANDBOX_FAULTS_H
#include "acceptance/sandbox/server.h"

/* Counts the request against every fault; the first one that is due. The kill
 * faults are carried out here (at once) or by faults_after(). */
enum sandbox_fault faults_meet(struct sandbox *s, const char *method, const char *target);
/* Kills that wait for the request to be done. */
void faults_after(struct sandbox *s, enum sandbox_fault met);
/* Copies the texts; false when there are FAULTS_MAX already. */
bool faults_add(struct sandbox *s, const struct fault *fault);
void faults_clear(struct sandbox *s);
void faults_record(struct sandbox *s, const char *method, const char *target, int status);
/* /sandbox/...: the control interface. False: another path. */
bool faults_handle(struct request *r);
/* How a fault that answers answers. */
void faults_answer(struct request *r, enum sandbox_fault met);

#endif
