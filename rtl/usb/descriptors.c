// SPDX-License-Identifier: Apache-2.0
// descriptors: prints the descriptors that gen_luna.py builds a device of, a line each: type, index, bytes.
//     descriptors fs|hs TARGET SERIAL
#include <stdio.h>
#include <string.h>

#include "rtl/spec/qn_usb_desc.h"

int main(int argc, char **argv)
{
    static const unsigned types[] = {QN_USB_DESC_DEVICE, QN_USB_DESC_CONFIG, QN_USB_DESC_STRING, QN_USB_DESC_QUALIFIER, QN_USB_DESC_MS};
    uint8_t d[QN_USB_DESC_BYTES];
    if (argc != 4 || (strcmp(argv[1], "fs") != 0 && strcmp(argv[1], "hs") != 0)) {
        fprintf(stderr, "descriptors: fs|hs TARGET SERIAL: whose descriptors\n");
        return 64;
    }
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (unsigned index = 0; index < 256; index++) {
            size_t n = qn_usb_desc(d, types[t], index, argv[1][0] == 'h', argv[2], argv[3]);
            if (n)
                printf("%u %u ", types[t], index);
            for (size_t i = 0; i < n; i++)
                printf("%02x", d[i]);
            if (n)
                printf("\n");
        }
    return 0;
}
