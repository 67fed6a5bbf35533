/* A stand-in for the NVIDIA driver's library: devices, processes and failures as the file says that
 * $STANDIN names. It is read anew for each question, so that a test can change it meanwhile.
 *
 *     count 8                     devices there are
 *     init 9                      what starting the library returns
 *     init slow 3000              ... after that many milliseconds
 *     prints words                puts that line on standard output whenever it is started
 *     wakes file 1500             ... as long as that file is not there, and makes it then
 *     log starts                  adds a line to that file whenever the library is started
 *     gpu 1 uuid GPU-...          also: name, use, total, used (MiB), temperature, power (mW)
 *     gpu 1 process 4711 3000     computes there, with that many MiB (-1: not told)
 *     gpu 1 draws 99 100          only draws there
 *     gpu 3 fail all 15           what a question returns: all, or one of uuid, name, memory, use,
 *                                 temperature, power, processes
 *     gpu 3 slow 3000             each question to it takes that many milliseconds
 *     gpu 3 crash                 ... or ends the process
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OK = 0, INVALID = 2, INSUFFICIENT_SIZE = 7, UNKNOWN = 999 };
enum { LINE = 512 };

typedef struct { int index; } Device;
typedef struct { unsigned gpu, memory; } Utilization;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } Memory;
typedef struct { unsigned pid; unsigned long long memory; unsigned instance, compute; } Process;

static Device devices[64];

static FILE *file(void) {
    const char *path = getenv("STANDIN");
    return path ? fopen(path, "r") : NULL;
}

static void pause_for(long milliseconds) {
    if (milliseconds > 0)
        usleep((useconds_t)milliseconds * 1000);
}

/* The rest of the n-th line that begins so; NULL if there is none. */
static char *find(const char *begin, int n, char *line) {
    FILE *f = file();
    char *rest = NULL;
    size_t length = strlen(begin);
    while (f && !rest && fgets(line, LINE, f)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, begin, length) && (line[length] == ' ' || !line[length]) && n-- == 0)
            rest = line + length + (line[length] == ' ');
    }
    if (f)
        fclose(f);
    return rest;
}

static char *of_gpu(Device *device, const char *key, int n, char *line) {
    char begin[LINE];
    snprintf(begin, sizeof begin, "gpu %d %s", device->index, key);
    return find(begin, n, line);
}

static long number(Device *device, const char *key, long otherwise) {
    char line[LINE], *value = of_gpu(device, key, 0, line);
    return value ? atol(value) : otherwise;
}

/* What every question begins with. */
static int asked(Device *device, const char *what) {
    char line[LINE], key[LINE];
    pause_for(number(device, "slow", 0));
    if (of_gpu(device, "crash", 0, line)) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    int code = (int)number(device, "fail all", OK);
    snprintf(key, sizeof key, "fail %s", what);
    return code ? code : (int)number(device, key, OK);
}

#ifdef HANGS_ON_LOAD
__attribute__((constructor)) static void hang(void) {
    for (;;)
        pause();
}
#endif

int nvmlInit_v2(void) {
    char line[LINE], *value = find("log", 0, line);
    FILE *log = value ? fopen(value, "a") : NULL;
    if (log) {
        fputs("started\n", log);
        fclose(log);
    }
    value = find("prints", 0, line);
    if (value)
        dprintf(1, "%s\n", value);
    value = find("init slow", 0, line);
    pause_for(value ? atol(value) : 0);
    value = find("wakes", 0, line);
    if (value) {
        char *milliseconds = strchr(value, ' ');
        *milliseconds++ = 0;
        if (access(value, F_OK)) {
            pause_for(atol(milliseconds));
            fclose(fopen(value, "w"));
        }
    }
    value = find("init", 0, line);
    return value && *value != 's' ? atoi(value) : OK;
}

int nvmlShutdown(void) { return OK; }

int nvmlSystemGetDriverVersion(char *version, unsigned length) {
    snprintf(version, length, "550.54.15");
    return OK;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    char line[LINE], *value = find("count", 0, line);
    *count = value ? (unsigned)atoi(value) : 0;
    return value && *value == 'x' ? UNKNOWN : OK;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, Device **device) {
    if (index >= sizeof devices / sizeof *devices)
        return INVALID;
    devices[index].index = (int)index;
    *device = &devices[index];
    return (int)number(*device, "fail handle", OK);
}

static int text(Device *device, const char *key, const char *otherwise, char *out, unsigned length) {
    char line[LINE], *value;
    int code = asked(device, key);
    value = of_gpu(device, key, 0, line);
    if (value)
        snprintf(out, length, "%s", value);
    else
        snprintf(out, length, otherwise, device->index);
    return code;
}

int nvmlDeviceGetUUID(Device *device, char *uuid, unsigned length) {
    return text(device, "uuid", "GPU-00000000-0000-0000-0000-%012d", uuid, length);
}

int nvmlDeviceGetName(Device *device, char *name, unsigned length) {
    return text(device, "name", "NVIDIA A100-SXM4-80GB", name, length);
}

int nvmlDeviceGetMemoryInfo_v2(Device *device, Memory *memory) {
    memory->total = (unsigned long long)number(device, "total", 81920) << 20;
    memory->used = (unsigned long long)number(device, "used", 4) << 20;
    memory->reserved = 600ull << 20;
    memory->free = memory->total - memory->used;
    return asked(device, "memory");
}

int nvmlDeviceGetUtilizationRates(Device *device, Utilization *use) {
    use->gpu = (unsigned)number(device, "use", 0);
    use->memory = 0;
    return asked(device, "use");
}

int nvmlDeviceGetTemperature(Device *device, int sensor, unsigned *degrees) {
    (void)sensor;
    *degrees = (unsigned)number(device, "temperature", 35);
    return asked(device, "temperature");
}

int nvmlDeviceGetPowerUsage(Device *device, unsigned *milliwatts) {
    *milliwatts = (unsigned)number(device, "power", 60000);
    return asked(device, "power");
}

static int list(Device *device, const char *key, unsigned *count, Process *processes) {
    char line[LINE], *value;
    unsigned found = 0, room = *count;
    int code = asked(device, "processes");
    while ((value = of_gpu(device, key, (int)found, line))) {
        if (processes && found < room) {
            char *memory = strchr(value, ' ');
            long mib = memory ? atol(memory) : 0;
            processes[found].pid = (unsigned)atol(value);
            processes[found].memory = mib < 0 ? ~0ull : (unsigned long long)mib << 20;
            processes[found].instance = processes[found].compute = ~0u;
        }
        found++;
    }
    *count = found;
    return code ? code : found > room ? INSUFFICIENT_SIZE : OK;
}

#ifndef OLD_DRIVER
int nvmlDeviceGetComputeRunningProcesses_v3(Device *device, unsigned *count, Process *processes) {
    return list(device, "process", count, processes);
}
#endif

#ifndef NO_PROCESSES
int nvmlDeviceGetComputeRunningProcesses_v2(Device *device, unsigned *count, Process *processes) {
    return list(device, "process", count, processes);
}
#endif

int nvmlDeviceGetGraphicsRunningProcesses_v3(Device *device, unsigned *count, Process *processes) {
    return list(device, "draws", count, processes);
}
