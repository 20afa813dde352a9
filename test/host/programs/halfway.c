// SPDX-License-Identifier: GPL-2.0
/*
 * A connection that stays halfway up until something lets its SYN-ACK through.
 *
 *   halfway DEVICE NETNS
 *
 * DEVICE in the network namespace NETNS leads to the end that accepts. Says the address
 * and port of the end that connects, those of the other, and the numbers with which the
 * former begins to send and to receive. For each line on stdin then 1000 bytes are sent
 * each way and checked, and "ok" is said.
 */
#include "net.h"
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>

#define SIZE 1000

static int listen_to(const char *device, const char *netns)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL)};
	int own = open("/proc/thread-self/ns/net", O_RDONLY), fd;

	enter(open(netns, O_RDONLY));
	at.sll_ifindex = if_nametoindex(device);
	fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)))
		die("%s", device);
	enter(own);
	return fd;
}

/* The SYN-ACK: all is in it. */
static void report(int fd)
{
	char client[INET_ADDRSTRLEN], server[INET_ADDRSTRLEN];
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} packet;

	do {
		if (recv(fd, &packet, sizeof(packet), 0) < (ssize_t)sizeof(packet))
			packet.ip.version = 0;
	} while (packet.ip.version != 4 || packet.ip.protocol != IPPROTO_TCP ||
		 !packet.tcp.syn || !packet.tcp.ack);
	inet_ntop(AF_INET, &packet.ip.daddr, client, sizeof(client));
	inet_ntop(AF_INET, &packet.ip.saddr, server, sizeof(server));
	printf("%s %d %s %d %u %u\n", client, ntohs(packet.tcp.dest), server,
	       ntohs(packet.tcp.source), ntohl(packet.tcp.ack_seq),
	       ntohl(packet.tcp.seq) + 1);
}

int main(int argc, char **argv)
{
	struct sockaddr_storage ss;
	uint64_t at = 0;
	int l, packets, fd[2] = {-1, -1};
	socklen_t len;
	char line[16];

	if (argc != 3) {
		fprintf(stderr, "halfway DEVICE NETNS\n");
		return 2;
	}
	setlinebuf(stdout);
	packets = listen_to(argv[1], argv[2]);
	l = listener(IPV4, &ss, &len);
	fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (!connect(fd[0], (void *)&ss, len) || errno != EINPROGRESS)
		die("connect");
	report(packets);
	while (fgets(line, sizeof(line), stdin)) {
		if (fd[1] < 0) {
			fd[1] = accept(l, NULL, NULL);
			fcntl(fd[0], F_SETFL, 0);
		}
		if (!carry_checked(fd[0], fd[1], 1, at, SIZE, 5) ||
		    !carry_checked(fd[1], fd[0], 2, at, SIZE, 5))
			die("bytes");
		at += SIZE;
		puts("ok");
	}
	return 0;
}
