/* A libnvidia-ml.so.1 that answers what the environment says, for the real pynvml to talk to.
   NVML_STUB is "plain" (two devices), "mig" (one device in two instances, with a free place between them),
   "denied" (one device whose processes may not be asked for), "hidden" (sizes of processes are not told),
   "forbidden" or "unloaded" (nothing can be opened). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { int number; int is_instance; } Device;
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned gpu, memory; } Utilization;
typedef struct { unsigned pid; unsigned long long used; unsigned gi, ci; } Process;
enum { OK = 0, NOT_SUPPORTED = 3, NO_PERMISSION = 4, NOT_FOUND = 6, TOO_SMALL = 7, NOT_LOADED = 9 };

static Device whole[2] = {{0, 0}, {1, 0}}, parts[3] = {{0, 1}, {1, 1}, {2, 1}};
static int is(const char *name) { const char *now = getenv("NVML_STUB"); return now && !strcmp(now, name); }

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    return is("forbidden") ? NO_PERMISSION : is("unloaded") ? NOT_LOADED : OK;
}
int nvmlShutdown(void) { return OK; }
const char *nvmlErrorString(int code) { (void)code; return "stub error"; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = is("plain") ? 2 : 1; return OK; }
int nvmlDeviceGetHandleByIndex_v2(unsigned at, Device **device) { *device = &whole[at]; return OK; }
int nvmlDeviceGetUUID(Device *device, char *text, unsigned length) {
    snprintf(text, length, "%s-%d", device->is_instance ? "MIG" : "GPU", device->number);
    return OK;
}
int nvmlDeviceGetMigMode(Device *device, unsigned *now, unsigned *later) {
    (void)device;
    if (!is("mig")) return NOT_SUPPORTED;
    *now = *later = 1;
    return OK;
}
int nvmlDeviceGetMaxMigDeviceCount(Device *device, unsigned *count) { (void)device; *count = 3; return OK; }
int nvmlDeviceGetMigDeviceHandleByIndex(Device *device, unsigned at, Device **part) {
    (void)device;
    if (at == 1) return NOT_FOUND;
    *part = &parts[at];
    return OK;
}
int nvmlDeviceGetMemoryInfo(Device *device, Memory *memory) {
    memory->total = 80000000000ull;
    memory->used = 1000000000ull * (device->number + 1);
    memory->free = memory->total - memory->used;
    return OK;
}
int nvmlDeviceGetUtilizationRates(Device *device, Utilization *rates) {
    if (device->is_instance) return NOT_SUPPORTED;
    rates->gpu = 37;
    return OK;
}
int nvmlDeviceGetComputeRunningProcesses_v3(Device *device, unsigned *count, Process *list) {
    if (is("denied")) return NO_PERMISSION;
    /* The last device is the one in use, by the process that asks and by a stranger. */
    if (device->number != (is("plain") ? 1 : is("mig") ? 2 : 0)) { *count = 0; return OK; }
    unsigned room = *count;
    *count = 2;
    if (!list || room < 2) return TOO_SMALL;
    list[0] = (Process){(unsigned)atoi(getenv("NVML_STUB_PID")), is("hidden") ? ~0ull : 500000000ull, 0, 0};
    list[1] = (Process){1, 123ull, 0, 0};
    return OK;
}
