import type { ZooKind } from "./kind.ts";
import { azureGateway } from "./kinds/azure-gateway.ts";
import { behindNat } from "./kinds/behind-nat.ts";
import { camera } from "./kinds/camera.ts";
import { cdn } from "./kinds/cdn.ts";
import { cerberus } from "./kinds/cerberus.ts";
import { console_ } from "./kinds/console.ts";
import { crushftp } from "./kinds/crushftp.ts";
import { dirSize } from "./kinds/dir-size.ts";
import { drftpd } from "./kinds/drftpd.ts";
import { dropBox } from "./kinds/drop-box.ts";
import { dropsBytes } from "./kinds/drops-bytes.ts";
import { emptyIsError } from "./kinds/empty-is-error.ts";
import { publicfile } from "./kinds/eplf.ts";
import { filezilla09 } from "./kinds/filezilla-0.9.ts";
import { filezilla1 } from "./kinds/filezilla-1.ts";
import { foldsCase } from "./kinds/folds-case.ts";
import { glftpd } from "./kinds/glftpd.ts";
import { iisOld } from "./kinds/iis-4-digits.ts";
import { iisDos } from "./kinds/iis-dos.ts";
import { iisUnix } from "./kinds/iis-unix.ts";
import { ioftpd } from "./kinds/ioftpd.ts";
import { late426 } from "./kinds/late-426.ts";
import { mikrotik } from "./kinds/mikrotik.ts";
import { netware } from "./kinds/netware.ts";
import { noType } from "./kinds/no-type.ts";
import { os400 } from "./kinds/os400.ts";
import { phone } from "./kinds/phone.ts";
import { qnap } from "./kinds/qnap.ts";
import { refusesListA } from "./kinds/refuses-list-a.ts";
import { s3Gateway } from "./kinds/s3-gateway.ts";
import { servU } from "./kinds/serv-u.ts";
import { silentEpsv } from "./kinds/silent-epsv.ts";
import { silentMlst } from "./kinds/silent-mlst.ts";
import { solaris } from "./kinds/solaris.ts";
import { synology } from "./kinds/synology.ts";
import { titan } from "./kinds/titan.ts";
import { tlsFirst } from "./kinds/tls-first.ts";
import { typeOnce } from "./kinds/type-once.ts";
import { vms } from "./kinds/vms.ts";
import { vxworks } from "./kinds/vxworks.ts";
import { wsFtp } from "./kinds/ws-ftp.ts";
import { wuFtpd } from "./kinds/wu-ftpd.ts";
import { zosHfs } from "./kinds/zos-hfs.ts";
import { zosMvs } from "./kinds/zos-mvs.ts";

/** All kinds of servers in the zoo, in the order of the table of results. */
export const ZOO: readonly ZooKind[] = [
  azureGateway,
  behindNat,
  camera,
  cdn,
  cerberus,
  console_,
  crushftp,
  dirSize,
  drftpd,
  dropBox,
  dropsBytes,
  emptyIsError,
  publicfile,
  filezilla09,
  filezilla1,
  foldsCase,
  glftpd,
  iisOld,
  iisDos,
  iisUnix,
  ioftpd,
  late426,
  mikrotik,
  netware,
  noType,
  os400,
  phone,
  qnap,
  refusesListA,
  s3Gateway,
  servU,
  silentEpsv,
  silentMlst,
  solaris,
  synology,
  titan,
  tlsFirst,
  typeOnce,
  vms,
  vxworks,
  wsFtp,
  wuFtpd,
  zosHfs,
  zosMvs,
];
