// SPDX-License-Identifier: GPL-2.0
/*
 * A socket with sequence numbers of somebody else's connection.
 *
 *   forge repair|repaired|connect LOCAL PORT REMOTE PORT SENT RECEIVED
 *
 * SENT and RECEIVED are the numbers with which a connection begins, as its own end has
 * them. "repair" makes the socket with TCP_REPAIR alone, and "repaired" ends that
 * before it goes on; "connect" chooses SENT with it, and then connects to a peer that
 * answers with RECEIVED: this program, at the other end of the device eth0, which
 * is peer0. Says "established"; for each line on stdin it sends 1000 bytes, and says how
 * many have come. Needs CAP_NET_ADMIN and CAP_NET_RAW in its network namespace only.
 */
#include "net.h"
#include "packet.h"
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

#define SIZE 1000

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

static void set(int fd, int option, int value)
{
	if (setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value)))
		die("setsockopt %d", option);
}

static struct sockaddr_in address(const char *ip, const char *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};

	inet_pton(AF_INET, ip, &in.sin_addr);
	return in;
}

/* Answers the first SYN with a number of our choice. */
static void answer(int fd, uint32_t isn)
{
	struct frame got, reply = {};

	do {
		if (recv(fd, &got, sizeof(got), 0) < (ssize_t)sizeof(got))
			got.tcp.syn = 0;
	} while (got.eth.h_proto != htons(ETH_P_IP) || got.ip.protocol != IPPROTO_TCP ||
		 !got.tcp.syn);
	memcpy(reply.eth.h_dest, got.eth.h_source, ETH_ALEN);
	memcpy(reply.eth.h_source, got.eth.h_dest, ETH_ALEN);
	reply.eth.h_proto = got.eth.h_proto;
	reply.ip = (struct iphdr){
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_TCP,
		.tot_len = htons(sizeof(reply.ip) + sizeof(reply.tcp)),
		.saddr = got.ip.daddr,
		.daddr = got.ip.saddr,
	};
	reply.ip.check = folded(sum(&reply.ip, sizeof(reply.ip)));
	reply.tcp = (struct tcphdr){
		.source = got.tcp.dest,
		.dest = got.tcp.source,
		.seq = htonl(isn),
		.ack_seq = htonl(ntohl(got.tcp.seq) + 1),
		.doff = 5,
		.syn = 1,
		.ack = 1,
		.window = htons(65535),
	};
	reply.tcp.check = tcp_checksum(reply.ip, reply.tcp, NULL, 0);
	if (send(fd, &reply, sizeof(reply), 0) != sizeof(reply))
		die("answer");
}

static int peer(void)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex("peer0"),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)))
		die("peer0");
	return fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_in local, remote;
	char buf[SIZE], line[16];
	uint32_t sent, received;
	int fd, one = 1, got = 0;
	bool connects;
	pid_t child = 0;
	ssize_t n;

	if (argc != 8) {
		fprintf(stderr, "forge repair|repaired|connect LOCAL PORT REMOTE PORT "
				"SENT RECEIVED\n");
		return 2;
	}
	setlinebuf(stdout);
	connects = !strcmp(argv[1], "connect");
	local = address(argv[2], argv[3]);
	remote = address(argv[4], argv[5]);
	sent = strtoul(argv[6], NULL, 10);
	received = strtoul(argv[7], NULL, 10);

	fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	set(fd, TCP_REPAIR, 1);
	if (bind(fd, (void *)&local, sizeof(local)))
		die("bind");
	set(fd, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	set(fd, TCP_QUEUE_SEQ, connects ? sent - 1 : sent);
	if (connects) {
		int at = peer();

		set(fd, TCP_REPAIR, -1 /* without a window probe */);
		child = fork();
		if (!child) {
			answer(at, received - 1);
			_exit(0);
		}
		close(at);
	} else {
		set(fd, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);
		set(fd, TCP_QUEUE_SEQ, received);
	}
	if (connect(fd, (void *)&remote, sizeof(remote)))
		die("connect");
	if (!strcmp(argv[1], "repaired"))
		set(fd, TCP_REPAIR, -1);
	if (child)
		waitpid(child, NULL, 0);
	puts("established");
	while (fgets(line, sizeof(line), stdin)) {
		memset(buf, 'x', SIZE);
		if (strcmp(argv[1], "repair"))
			send(fd, buf, SIZE, MSG_DONTWAIT | MSG_NOSIGNAL);
		sleep_ms(100);
		while ((n = recv(fd, buf, SIZE, MSG_DONTWAIT)) > 0)
			got += n;
		printf("%d\n", got);
	}
	return 0;
}
