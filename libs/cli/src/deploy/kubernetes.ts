// Manifests of one application for Kubernetes, made and validated by the package kubernetes-models.
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import { DeployConfigInvalid } from '../errors.js';
import type { Scale } from './deploy-config.js';
import type { DeployedApplication } from './deployed-application.js';
import { installed } from './installed.js';
import { GRACE_S, LEAVE_S } from './stopping.js';

interface Manifest {
  validate(): unknown;
  toJSON(): unknown;
}

const PORT_NAME = 'http';
const DATA = '/data';
/** Of `node` in Node's images. */
const USER = 1000;

/** In an order in which they can be applied. Errors: CLI_DEPLOY_PACKAGE_MISSING, CLI_DEPLOY_CONFIG_INVALID. */
export const kubernetesManifests = async (file: string, application: DeployedApplication): Promise<readonly unknown[]> => {
  const manifests = [...(await running(application)), ...(await guarding(application)), ...(await scaling(application))];
  for (const manifest of manifests) {
    try {
      await manifest.validate();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw new DeployConfigInvalid(file, `applications.${application.name} does not make a valid manifest: ${problem}.`, error);
    }
  }
  // Without what is undefined.
  return manifests.map((manifest) => JSON.parse(JSON.stringify(manifest.toJSON())) as unknown);
};

const running = async (application: DeployedApplication): Promise<readonly Manifest[]> => {
  const { Deployment } = await installed('kubernetes-models', () => import('kubernetes-models/apps/v1/Deployment'));
  const { PersistentVolumeClaim } = await installed('kubernetes-models', () => import('kubernetes-models/v1/PersistentVolumeClaim'));
  const { Service } = await installed('kubernetes-models', () => import('kubernetes-models/v1/Service'));
  const { name, port, replicas, scale, volume } = application;
  const metadata = metadataOf(application);
  const storage = volume && { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: volume } } };
  return [
    ...(storage ? [new PersistentVolumeClaim({ metadata: { ...metadata, name: claimOf(name) }, spec: storage })] : []),
    new Deployment({
      metadata,
      spec: {
        // The scaler owns the number; a repeated apply must not set it back.
        ...(scale === undefined && { replicas }),
        selector: { matchLabels: labelsOf(name) },
        // Two processes must not write one embedded store, so the old one ends first.
        strategy: volume === undefined ? { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } : { type: 'Recreate' },
        template: { metadata: { labels: labelsOf(name) }, spec: podOf(application) },
      },
    }),
    new Service({ metadata, spec: { selector: labelsOf(name), ports: [{ name: PORT_NAME, port, targetPort: PORT_NAME }] } }),
  ];
};

const podOf = (application: DeployedApplication): IPodSpec => {
  const { name, image, entry, port, volume, cpu, memory } = application;
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: GRACE_S,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name,
        image,
        args: [entry],
        env: environmentOf(application),
        ports: [{ name: PORT_NAME, containerPort: port }],
        // A long first start, such as a rebuild, is alive; it is not ready.
        startupProbe: { ...probe('live'), periodSeconds: 2, failureThreshold: 60 },
        livenessProbe: { ...probe('live'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
        readinessProbe: { ...probe('ready'), periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2 },
        lifecycle: { preStop: { exec: { command: ['node', '-e', `setTimeout(() => {}, ${LEAVE_S * 1000})`] } } },
        resources: { requests: { cpu, memory }, limits: { memory } },
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...(volume === undefined ? [] : [{ name: 'data', mountPath: DATA }])],
      },
    ],
    volumes: [
      { name: 'tmp', emptyDir: {} },
      ...(volume === undefined ? [] : [{ name: 'data', persistentVolumeClaim: { claimName: claimOf(name) } }]),
    ],
  };
};

const environmentOf = ({ port, settings, secrets, volume }: DeployedApplication) => [
  { name: 'MAINSTEM_HOST', value: '0.0.0.0' },
  { name: 'PORT', value: String(port) },
  ...(volume === undefined ? [] : [{ name: 'MAINSTEM_DIR', value: DATA }]),
  ...Object.entries(settings).map(([name, value]) => ({ name, value })),
  ...Object.entries(secrets).map(([name, { secret, key }]) => ({ name, valueFrom: { secretKeyRef: { name: secret, key } } })),
];

/** What may connect to it and from it, and how many instances maintenance may take away at once. */
const guarding = async (application: DeployedApplication): Promise<readonly Manifest[]> => {
  const { NetworkPolicy } = await installed('kubernetes-models', () => import('kubernetes-models/networking.k8s.io/v1/NetworkPolicy'));
  const { PodDisruptionBudget } = await installed('kubernetes-models', () => import('kubernetes-models/policy/v1/PodDisruptionBudget'));
  const { name, reaches } = application;
  const metadata = metadataOf(application);
  const selector = { matchLabels: labelsOf(name) };
  return [
    new NetworkPolicy({
      metadata,
      spec: {
        podSelector: selector,
        policyTypes: reaches === undefined ? ['Ingress'] : ['Ingress', 'Egress'],
        // Applications have no authentication: every namespace besides their own stays outside.
        ingress: [{ from: [{ podSelector: {} }], ports: [{ protocol: 'TCP', port: PORT_NAME }] }],
        ...(reaches !== undefined && { egress: [{ ports: [...DNS, ...reaches.map((port) => ({ protocol: 'TCP' as const, port }))] }] }),
      },
    }),
    new PodDisruptionBudget({ metadata, spec: { maxUnavailable: 1, selector } }),
  ];
};

const DNS = [
  { protocol: 'UDP' as const, port: 53 },
  { protocol: 'TCP' as const, port: 53 },
];

const scaling = async (application: DeployedApplication): Promise<readonly Manifest[]> => {
  const { name, scale } = application;
  if (scale === undefined) return [];
  const metadata = metadataOf(application);
  if (scale.cpuPercent === undefined) return [await onLag(application, scale)];
  const { HorizontalPodAutoscaler } = await installed('kubernetes-models', () => import('kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler'));
  const target = { type: 'Utilization', averageUtilization: scale.cpuPercent };
  return [
    new HorizontalPodAutoscaler({
      metadata,
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: scale.min,
        maxReplicas: scale.max,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
      },
    }),
  ];
};

const onLag = async (application: DeployedApplication, { min, max, lagEvents, prometheus = '' }: Scale): Promise<Manifest> => {
  const { ScaledObject } = await installed('@kubernetes-models/keda', () => import('@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject'));
  const { name } = application;
  // The projection that is furthest behind decides; the service's job is the application's name.
  const query = `max(mainstem_projection_lag_events{job="${name}"})`;
  return new ScaledObject({
    metadata: metadataOf(application),
    spec: {
      scaleTargetRef: { name },
      minReplicaCount: min,
      maxReplicaCount: max,
      // KEDA takes no answer for a lag of 0 unless it is told not to, and would end instances.
      triggers: [{ type: 'prometheus', metadata: { serverAddress: prometheus, query, threshold: String(lagEvents), ignoreNullValues: 'false' } }],
    },
  });
};

const metadataOf = ({ name }: DeployedApplication) => ({ name, labels: labelsOf(name) });
const labelsOf = (name: string) => ({ 'app.kubernetes.io/name': name });
const claimOf = (name: string): string => `${name}-data`;
const probe = (of: 'live' | 'ready') => ({ httpGet: { path: `/health/${of}`, port: PORT_NAME } });
