// SPDX-License-Identifier: GPL-2.0
/*
 * Does data stay in its network namespace?
 *
 *   leak FAMILY
 *
 * Namespace A holds the server end of a connection whose client has gone.
 * Namespace B then makes a connection with the very same addresses and ports.
 * Fails when what B's client sends turns up in A. Makes its own namespaces;
 * needs root.
 */
#include "net.h"
#include <net/if.h>
#include <sys/ioctl.h>

#define SERVER_PORT 7001
#define CLIENT_PORT 7002

static enum family family;

static void new_namespace(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;

	if (unshare(CLONE_NEWNET))
		die("unshare");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (ioctl(fd, SIOCSIFFLAGS, &lo))
		die("lo up");
	close(fd);
}

static int bound(int port, struct sockaddr_storage *ss, socklen_t *len)
{
	int one = 1, fd;

	*len = server_address(family, ss);
	((struct sockaddr_in *)ss)->sin_port = htons(port);
	fd = socket(ss->ss_family, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)ss, *len))
		die("bind");
	return fd;
}

static void pair_on_fixed_ports(int fd[2])
{
	struct sockaddr_storage server, client;
	socklen_t len;
	int l = bound(SERVER_PORT, &server, &len);

	if (listen(l, 1))
		die("listen");
	fd[0] = bound(CLIENT_PORT, &client, &len);
	if (connect(fd[0], (void *)&server, len))
		die("connect");
	fd[1] = accept(l, NULL, NULL);
	close(l);
}

int main(int argc, char **argv)
{
	static const char secret[] = "meant for namespace B only";
	char in_a[64] = "", in_b[64] = "";
	int a[2], b[2], waited = 0;
	ssize_t n;
	bool leaked;

	if (argc != 2) {
		fprintf(stderr, "leak FAMILY\n");
		return 2;
	}
	family = parse_family(argv[1]);
	new_namespace();
	pair_on_fixed_ports(a);
	/* The server end stays open, in CLOSE_WAIT. */
	close(a[0]);
	while (recv(a[1], in_a, sizeof(in_a), 0) > 0)
		;

	new_namespace();
	pair_on_fixed_ports(b);
	if (!write_all(b[0], secret, sizeof(secret)))
		die("send");
	while ((n = recv(b[1], in_b, sizeof(in_b), MSG_DONTWAIT)) < 0 && waited++ < 50)
		sleep_ms(10);
	leaked = recv(a[1], in_a, sizeof(in_a), MSG_DONTWAIT) > 0 &&
		 !memcmp(in_a, secret, sizeof(secret));
	printf("{\"test\": \"leak\", \"family\": \"%s\", \"leaked\": %s, \"arrived\": "
	       "%s, \"ok\": %s}\n",
	       argv[1], leaked ? "true" : "false", n > 0 ? "true" : "false",
	       !leaked && n > 0 ? "true" : "false");
	return leaked || n <= 0;
}
