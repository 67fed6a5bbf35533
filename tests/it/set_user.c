// A program of another user: it becomes that user for good, whoever started it, does not end when it is
// asked to, and stays until there is a file `end`.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    if (setreuid(geteuid(), geteuid()) != 0) return 1;
    signal(SIGTERM, SIG_IGN);
    FILE *new = fopen("new", "w");
    if (new == NULL) return 2;
    fprintf(new, "%d", getpid());
    fclose(new);
    if (rename("new", "pid") != 0) return 3;
    while (access("end", F_OK) != 0) usleep(20000);
    return 0;
}
