// SPDX-License-Identifier: GPL-2.0
/*
 * A connection that stays halfway up until something lets its SYN-ACK through.
 *
 *   halfway DEVICE NETNS [ahead]
 *
 * DEVICE in the network namespace NETNS leads to the end that accepts. Says the address
 * and port of the end that connects, those of the other, and the numbers with which the
 * former begins to send and to receive. For each line on stdin then 1000 bytes are sent
 * each way and checked, and "ok" is said. With "ahead" the other end first has bytes that
 * the end that connects has not sent, and that sends a line then, which nobody reads.
 */
#include "net.h"
#include "packet.h"
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

#define SIZE  1000
#define AHEAD 12 /* so that nothing pads the packet */

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

struct headers {
	struct iphdr ip;
	struct tcphdr tcp;
};

/* The SYN-ACK: all is in it. */
static struct headers report(int fd)
{
	char client[INET_ADDRSTRLEN], server[INET_ADDRSTRLEN];
	struct headers packet;

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
	return packet;
}

/* Sends the other end its first bytes with a packet that answers its SYN-ACK. */
static void send_ahead(const struct headers *got, int to)
{
	struct {
		struct headers headers;
		char data[AHEAD];
	} packet = {.headers = {
			    .ip = {.version = 4,
				   .ihl = 5,
				   .ttl = 64,
				   .protocol = IPPROTO_TCP,
				   .saddr = got->ip.daddr,
				   .daddr = got->ip.saddr},
			    .tcp = {.source = got->tcp.dest,
				    .dest = got->tcp.source,
				    .seq = got->tcp.ack_seq,
				    .ack_seq = htonl(ntohl(got->tcp.seq) + 1),
				    .doff = 5,
				    .ack = 1,
				    .window = htons(65535)},
		    }};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = got->ip.saddr};
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	struct timeval patience = {.tv_sec = 5};
	char data[AHEAD];

	setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	stream_fill(1, 0, packet.data, AHEAD);
	packet.headers.tcp.check =
		tcp_checksum(packet.headers.ip, packet.headers.tcp, packet.data, AHEAD);
	if (sendto(raw, &packet, sizeof(packet), 0, (void *)&in, sizeof(in)) < 0)
		die("sendto");
	close(raw);
	if (!read_all(to, data, AHEAD) || stream_check(1, 0, data, AHEAD) >= 0)
		die("bytes ahead");
}

int main(int argc, char **argv)
{
	struct sockaddr_storage ss;
	uint64_t at = 0;
	int l, packets, fd[2] = {-1, -1};
	socklen_t len;
	struct headers packet;
	bool ahead = argc == 4 && !strcmp(argv[3], "ahead");
	char line[16];

	if (argc != 3 && !ahead) {
		fprintf(stderr, "halfway DEVICE NETNS [ahead]\n");
		return 2;
	}
	setlinebuf(stdout);
	packets = listen_to(argv[1], argv[2]);
	l = listener(IPV4, &ss, &len);
	fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (!connect(fd[0], (void *)&ss, len) || errno != EINPROGRESS)
		die("connect");
	packet = report(packets);
	while (fgets(line, sizeof(line), stdin)) {
		if (fd[1] < 0) {
			fd[1] = accept(l, NULL, NULL);
			fcntl(fd[0], F_SETFL, 0);
			if (ahead)
				send_ahead(&packet, fd[1]);
		}
		if (ahead ? !write_all(fd[0], line, strlen(line))
			  : !carry_checked(fd[0], fd[1], 1, at, SIZE, 5) ||
				    !carry_checked(fd[1], fd[0], 2, at, SIZE, 5))
			die("bytes");
		at += SIZE;
		puts("ok");
	}
	return 0;
}
