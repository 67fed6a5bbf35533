// Exchanges an entry of a folder with a link, as often as it can, until it is ended; then prints how
// often that worked.
//
//   exchange FOLDER NAME TARGET    this entry
//   exchange FOLDER NAME* TARGET   each entry whose name begins so
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINK ".link"

static volatile sig_atomic_t ended;
static long exchanges;
static int folder;
static const char *target;

static void end(int signal) {
    (void)signal;
    ended = 1;
}

// The link may be gone by a rename over it, or something else may have its name by now.
static void make_link(void) {
    static long aside;
    char name[32];
    if (unlinkat(folder, LINK, 0) != 0) {
        snprintf(name, sizeof name, ".aside%ld", aside++);
        renameat(folder, LINK, folder, name);
    }
    symlinkat(target, folder, LINK);
}

static void exchange(const char *name) {
    make_link();
    for (int times = 0; times < 2; times++)
        if (renameat2(folder, name, folder, LINK, RENAME_EXCHANGE) == 0)
            exchanges++;
}

static void exchange_all(const char *name, size_t length) {
    DIR *entries = fdopendir(openat(folder, ".", O_RDONLY | O_DIRECTORY));
    struct dirent *entry;
    while (entries && !ended && (entry = readdir(entries)))
        if (strncmp(entry->d_name, name, length) == 0)
            exchange(entry->d_name);
    if (entries)
        closedir(entries);
}

int main(int count, char **words) {
    if (count != 4)
        return 2;
    size_t length = strlen(words[2]);
    int all = length > 0 && words[2][length - 1] == '*';
    folder = open(words[1], O_RDONLY | O_DIRECTORY);
    target = words[3];
    signal(SIGTERM, end);
    while (!ended) {
        if (all)
            exchange_all(words[2], length - 1);
        else
            exchange(words[2]);
    }
    printf("%ld\n", exchanges);
    return 0;
}
