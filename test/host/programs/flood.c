// SPDX-License-Identifier: GPL-2.0
/*
 * Connections that wait for their first byte while SYNS others are begun, at a listener
 * of the same process, and never completed. Then each carries a message, as does
 * one that comes up afterwards.
 *
 *   flood SYNS
 *
 * Prints "ok". Needs CAP_NET_RAW.
 */
#include "net.h"
#include "packet.h"

#define WAITING 16

static void begin(int raw, const struct sockaddr_in *to, uint32_t n)
{
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} packet = {
		/* The kernel adds what is missing. */
		.ip = {.version = 4,
		       .ihl = 5,
		       .ttl = 64,
		       .protocol = IPPROTO_TCP,
		       .saddr = htonl(127u << 24 | 1 << 16 | n / 250 % 250 << 8 |
				      (n % 250 + 1)),
		       .daddr = to->sin_addr.s_addr},
		.tcp = {.source = htons(1024 + n % 64000),
			.dest = to->sin_port,
			.seq = htonl(n * 2654435761u),
			.doff = 5,
			.syn = 1,
			.window = htons(65535)},
	};

	packet.tcp.check = tcp_checksum(packet.ip, packet.tcp, NULL, 0);
	if (sendto(raw, &packet, sizeof(packet), 0, (const void *)to, sizeof(*to)) < 0)
		die("sendto");
}

static void carry(const int fd[2])
{
	char message[64] = {}, got[64];

	if (!write_all(fd[0], message, sizeof(message)) ||
	    !read_all(fd[1], got, sizeof(got)))
		die("a message");
}

int main(int argc, char **argv)
{
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW), fd[WAITING + 1][2];
	struct sockaddr_storage flooded;
	socklen_t len;

	if (argc != 2) {
		fprintf(stderr, "flood SYNS\n");
		return 2;
	}
	if (raw < 0)
		die("a raw socket");
	for (int i = 0; i < WAITING; i++)
		connected_pair(IPV4, fd[i]);
	listener(IPV4, &flooded, &len);
	for (uint32_t n = strtoul(argv[1], NULL, 10); n; n--)
		begin(raw, (void *)&flooded, n);
	connected_pair(IPV4, fd[WAITING]);
	for (int i = 0; i <= WAITING; i++)
		carry(fd[i]);
	puts("ok");
	return 0;
}
