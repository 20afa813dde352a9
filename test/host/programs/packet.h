/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the test programs that make packets of their own: Internet checksums. */
#ifndef PACKET_H
#define PACKET_H

#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t sum(const void *data, size_t bytes)
{
	uint32_t n = 0;
	uint16_t word;

	for (size_t i = 0; i + 2 <= bytes; i += 2) {
		memcpy(&word, (const char *)data + i, 2);
		n += word;
	}
	return n;
}

static inline uint16_t folded(uint32_t n)
{
	n = (n >> 16) + (n & 0xffff);
	n += n >> 16;
	return ~n;
}

/* Bytes of a segment without options. Its data has an even number of bytes. */
static inline uint16_t tcp_checksum(struct iphdr ip, struct tcphdr tcp, const void *data,
				    size_t bytes)
{
	struct {
		uint32_t saddr, daddr;
		uint16_t protocol, bytes;
	} pseudo = {ip.saddr, ip.daddr, htons(IPPROTO_TCP), htons(sizeof(tcp) + bytes)};

	return folded(sum(&pseudo, sizeof(pseudo)) + sum(&tcp, sizeof(tcp)) +
		      sum(data, bytes));
}

#endif
