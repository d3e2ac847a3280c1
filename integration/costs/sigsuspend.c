// valgrind (3.19) writes into the mask that a process gives to sigsuspend, and dies when that is constant, as libdispatch's
// is. Preloaded, this hands it a copy.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask)
{
    sigset_t copy = *mask;
    return (int)syscall(SYS_rt_sigsuspend, &copy, _NSIG / 8);
}
