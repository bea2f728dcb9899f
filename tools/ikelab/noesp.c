/* Stand-in for a kernel that knows no ESP, preloaded into an IKE daemon.
 *
 * On such a kernel every installation of an SA fails, and quick mode would fail for a reason that has nothing
 * to do with IKE. The daemon's NETLINK_XFRM socket is replaced by one end of a socket pair whose other end
 * says yes to everything: SPIs are handed out at random, nothing is installed, IKE on the wire is untouched.
 * SAs are written to $IKELAB_SAS as the daemon gives them, a netlink message a line, for `traffic` to send ESP.
 *
 * Libreswan prints no key of IKEv1, so the keys of the ciphers it sets up are written to $IKELAB_KEYS, and
 * the Diffie-Hellman secrets that it computes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_FD = 4096, LEAST_SPI = 0x1000 };
static unsigned char ours[MAX_FD];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define IS_OURS(fd) ((fd) >= 0 && (fd) < MAX_FD && ours[fd])

static void tell(const char *name, const char *kind, const unsigned char *data, unsigned int size)
{
	const char *path = getenv(name);
	FILE *out = path ? fopen(path, "a") : NULL;

	if (!out)
		return;
	fputs(kind, out);
	for (unsigned int i = 0; i < size; i++)
		fprintf(out, "%02x", data[i]);
	fputc('\n', out);
	fclose(out);
}

static void acknowledge(int fd, const struct nlmsghdr *request, int error)
{
	struct { struct nlmsghdr head; struct nlmsgerr body; } reply = {
		.head = { .nlmsg_len = sizeof reply, .nlmsg_type = NLMSG_ERROR,
			  .nlmsg_seq = request->nlmsg_seq, .nlmsg_pid = request->nlmsg_pid },
		.body = { .error = error, .msg = *request },
	};
	send(fd, &reply, sizeof reply, MSG_NOSIGNAL);
}

static void tell_sa(int fd, const struct nlmsghdr *request, const struct xfrm_usersa_info *sa)
{
	struct { struct nlmsghdr head; struct xfrm_usersa_info body; } reply = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof *sa), .nlmsg_type = XFRM_MSG_NEWSA,
			  .nlmsg_seq = request->nlmsg_seq, .nlmsg_pid = request->nlmsg_pid },
		.body = *sa,
	};
	send(fd, &reply, reply.head.nlmsg_len, MSG_NOSIGNAL);
}

static void answer(int fd, const struct nlmsghdr *request)
{
	struct xfrm_usersa_info sa = { 0 };

	switch (request->nlmsg_type) {
	case XFRM_MSG_ALLOCSPI:
		sa = ((const struct xfrm_userspi_info *)NLMSG_DATA(request))->info;
		while (sa.id.spi < LEAST_SPI)
			if (getrandom(&sa.id.spi, sizeof sa.id.spi, 0) < 0)
				sa.id.spi = 0;
		tell_sa(fd, request, &sa);
		break;
	case XFRM_MSG_GETSA: {
		const struct xfrm_usersa_id *id = NLMSG_DATA(request);
		sa.id = (struct xfrm_id){ .daddr = id->daddr, .spi = id->spi, .proto = id->proto };
		sa.family = id->family;
		tell_sa(fd, request, &sa);
		break;
	}
	case XFRM_MSG_NEWSA:
	case XFRM_MSG_UPDSA:
		tell("IKELAB_SAS", "", (const unsigned char *)request, request->nlmsg_len);
		acknowledge(fd, request, 0);
		break;
	case XFRM_MSG_GETPOLICY:
		acknowledge(fd, request, -ENOENT);
		break;
	default:
		acknowledge(fd, request, 0);
	}
}

static void *kernel(void *argument)
{
	static __thread char buffer[65536] __attribute__((aligned(16)));
	int fd = (int)(long)argument;
	ssize_t size;

	while ((size = recv(fd, buffer, sizeof buffer, 0)) > 0) {
		int left = size;
		for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left))
			answer(fd, h);
	}
	close(fd);
	return NULL;
}

int socket(int domain, int type, int protocol)
{
	pthread_t thread;
	int pair[2];

	if (domain != AF_NETLINK || protocol != NETLINK_XFRM)
		return REAL(socket)(domain, type, protocol);
	if (socketpair(AF_UNIX, SOCK_DGRAM | (type & SOCK_CLOEXEC), 0, pair))
		return -1;
	/* The kernel's end blocks whatever the daemon wants of its own. */
	if (pair[0] >= MAX_FD || pthread_create(&thread, NULL, kernel, (void *)(long)pair[1])) {
		errno = EMFILE;
		return -1;
	}
	pthread_detach(thread);
	ours[pair[0]] = 1;
	return pair[0];
}

int close(int fd)
{
	if (IS_OURS(fd))
		ours[fd] = 0;
	return REAL(close)(fd);
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
	return IS_OURS(fd) ? 0 : REAL(bind)(fd, address, size);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	return IS_OURS(fd) ? 0 : REAL(setsockopt)(fd, level, name, value, size);
}

static void from_kernel(struct sockaddr *address, socklen_t *size)
{
	if (address && size && *size >= sizeof(struct sockaddr_nl)) {
		*(struct sockaddr_nl *)address = (struct sockaddr_nl){ .nl_family = AF_NETLINK };
		*size = sizeof(struct sockaddr_nl);
	}
}

int getsockname(int fd, struct sockaddr *address, socklen_t *size)
{
	if (!IS_OURS(fd))
		return REAL(getsockname)(fd, address, size);
	from_kernel(address, size);
	((struct sockaddr_nl *)address)->nl_pid = getpid();
	return 0;
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length)
{
	return IS_OURS(fd) ? REAL(send)(fd, data, size, flags) : REAL(sendto)(fd, data, size, flags, to, length);
}

ssize_t recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *from, socklen_t *length)
{
	if (!IS_OURS(fd))
		return REAL(recvfrom)(fd, data, size, flags, from, length);
	ssize_t got = REAL(recv)(fd, data, size, flags);
	if (got >= 0)
		from_kernel(from, length);
	return got;
}

/* What recvfrom becomes in a program built with _FORTIFY_SOURCE. */
ssize_t __recvfrom_chk(int fd, void *data, size_t size, size_t room, int flags, struct sockaddr *from,
		       socklen_t *length)
{
	return recvfrom(fd, data, size < room ? size : room, flags, from, length);
}

/* NSS, by hand: its headers need not be installed. */
struct sec_item { int type; unsigned char *data; unsigned int len; };
enum { CKM_AES_CBC = 0x1082, CKM_DES3_CBC = 0x133 };

static void tell_key(const char *kind, void *key)
{
	int (*extract)(void *) = dlsym(RTLD_NEXT, "PK11_ExtractKeyValue");
	struct sec_item *(*data_of)(void *) = dlsym(RTLD_NEXT, "PK11_GetKeyData");
	struct sec_item *item = key && extract(key) == 0 ? data_of(key) : NULL;

	if (item)
		tell("IKELAB_KEYS", kind, item->data, item->len);
}

void *PK11_CreateContextBySymKey(unsigned long mechanism, unsigned long operation, void *key, void *parameter)
{
	if (mechanism == CKM_AES_CBC || mechanism == CKM_DES3_CBC)
		tell_key("key ", key);
	return REAL(PK11_CreateContextBySymKey)(mechanism, operation, key, parameter);
}

void *PK11_PubDerive(void *own, void *other, int is_sender, void *random_a, void *random_b,
		     unsigned long mechanism, unsigned long target, unsigned long operation, int size,
		     void *context)
{
	void *key = REAL(PK11_PubDerive)(own, other, is_sender, random_a, random_b, mechanism, target, operation,
					 size, context);

	tell_key("dh ", key);
	return key;
}

void *PK11_PubDeriveWithKDF(void *own, void *other, int is_sender, void *random_a, void *random_b,
			    unsigned long mechanism, unsigned long target, unsigned long operation, int size,
			    unsigned long kdf, void *shared, void *context)
{
	void *key = REAL(PK11_PubDeriveWithKDF)(own, other, is_sender, random_a, random_b, mechanism, target,
						operation, size, kdf, shared, context);

	tell_key("dh ", key);
	return key;
}
